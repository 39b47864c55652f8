/**
 * The toolkit's names that notebooks use most, most common first: completion lists them before the
 * two hundred others.
 */
export const COMMON_NAMES: readonly string[] = [
  ...["readDataset", "loadLabelledData", "prepareSamples", "splitByGroup", "presetConfig"],
  ...["unet", "residualAttentionUnet", "modelByName", "fit", "liveCurves"],
  ...["predictCases", "evaluateModel", "compareModels", "comparePredictions", "ablateModel"],
  ...["display", "sliceViewer", "compareMasks", "trainingCurves", "scoreBars", "attentionMap"],
  ...["saveRun", "loadRun", "compile", "createPredictor", "tableArquero", "input"],
];
