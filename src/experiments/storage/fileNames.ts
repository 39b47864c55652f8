/** In the folder of a finished run: everything about it except the weights. */
export const RECORD_FILE = "run.json";
export const WEIGHTS_FILE = "weights.safetensors";
/** In the folder of a study. */
export const STUDY_FILE = "study.json";
/** In the folder of a finished job of a study. */
export const JOB_RECORD_FILE = "record.json";
/** In a run's folder while it trains. */
export const CHECKPOINT_FILE = "checkpoint.safetensors";
/** Folder of trainings that precede a run's own; each is a run in a subfolder. Removed at the end. */
export const STAGES_FOLDER = "stages";
/** The slices that were trained on and those held out. */
export const SPLIT_FILE = "split.json";
/** What determines the result of a run; written before the training. */
export const MANIFEST_FILE = "manifest.json";
