"""tf.saved_model: a graph with its variables, files and signatures, in a directory."""

from . import builder as builder
from . import constants as constants
from . import loader as loader
from . import main_op as main_op
from . import signature_constants as signature_constants
from . import signature_def_utils as signature_def_utils
from . import tag_constants as tag_constants
from . import utils as utils
from .builder import SavedModelBuilder as Builder
from .builder import simple_save as simple_save
from .constants import ASSETS_DIRECTORY as ASSETS_DIRECTORY
from .constants import ASSETS_KEY as ASSETS_KEY
from .constants import LEGACY_INIT_OP_KEY as LEGACY_INIT_OP_KEY
from .constants import MAIN_OP_KEY as MAIN_OP_KEY
from .constants import SAVED_MODEL_FILENAME_PB as SAVED_MODEL_FILENAME_PB
from .constants import SAVED_MODEL_FILENAME_PBTXT as SAVED_MODEL_FILENAME_PBTXT
from .constants import SAVED_MODEL_SCHEMA_VERSION as SAVED_MODEL_SCHEMA_VERSION
from .constants import VARIABLES_DIRECTORY as VARIABLES_DIRECTORY
from .constants import VARIABLES_FILENAME as VARIABLES_FILENAME
from .loader import contains_saved_model as contains_saved_model
from .loader import load as load
from .loader import maybe_saved_model_directory as maybe_saved_model_directory
from .main_op import main_op_with_restore as main_op_with_restore
from .signature_constants import CLASSIFY_INPUTS as CLASSIFY_INPUTS
from .signature_constants import CLASSIFY_METHOD_NAME as CLASSIFY_METHOD_NAME
from .signature_constants import CLASSIFY_OUTPUT_CLASSES as CLASSIFY_OUTPUT_CLASSES
from .signature_constants import CLASSIFY_OUTPUT_SCORES as CLASSIFY_OUTPUT_SCORES
from .signature_constants import (
    DEFAULT_SERVING_SIGNATURE_DEF_KEY as DEFAULT_SERVING_SIGNATURE_DEF_KEY,
)
from .signature_constants import PREDICT_INPUTS as PREDICT_INPUTS
from .signature_constants import PREDICT_METHOD_NAME as PREDICT_METHOD_NAME
from .signature_constants import PREDICT_OUTPUTS as PREDICT_OUTPUTS
from .signature_constants import REGRESS_INPUTS as REGRESS_INPUTS
from .signature_constants import REGRESS_METHOD_NAME as REGRESS_METHOD_NAME
from .signature_constants import REGRESS_OUTPUTS as REGRESS_OUTPUTS
from .signature_def_utils import build_signature_def as build_signature_def
from .signature_def_utils import classification_signature_def as classification_signature_def
from .signature_def_utils import is_valid_signature as is_valid_signature
from .signature_def_utils import predict_signature_def as predict_signature_def
from .signature_def_utils import regression_signature_def as regression_signature_def
from .tag_constants import GPU as GPU
from .tag_constants import SERVING as SERVING
from .tag_constants import TPU as TPU
from .tag_constants import TRAINING as TRAINING
from .utils import build_tensor_info as build_tensor_info
from .utils import get_tensor_from_tensor_info as get_tensor_from_tensor_info
