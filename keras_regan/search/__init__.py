"""Search for the factors of regularizers on held-out data.

It needs Optuna: `pip install "keras_regan[search]"`.
"""

from keras_regan.search.factor_search import FactorSearch as FactorSearch
from keras_regan.search.objective import Objective as Objective
from keras_regan.search.search_result import SearchResult as SearchResult
from keras_regan.search.selection import OneStandardError as OneStandardError
from keras_regan.search.space import LogUniform as LogUniform
from keras_regan.search.trial_record import TrialRecord as TrialRecord
