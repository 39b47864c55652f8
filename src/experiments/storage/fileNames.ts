/** In the folder of a finished run: everything about it but the weights. */
export const RECORD_FILE = "run.json";
export const WEIGHTS_FILE = "weights.safetensors";
/** In the folder of a study. */
export const STUDY_FILE = "study.json";
/** In the folder of a study's job, which is then done. */
export const JOB_RECORD_FILE = "record.json";
/** In a run's folder while it trains. */
export const CHECKPOINT_FILE = "checkpoint.safetensors";
/** Trainings that come before a run's own; each is a run in a folder of this one, until the end. */
export const STAGES_FOLDER = "stages";
/** Which slices were trained on and which held out. */
export const SPLIT_FILE = "split.json";
/** What determines the result of a run, written before its training. */
export const MANIFEST_FILE = "manifest.json";
