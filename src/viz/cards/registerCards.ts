import { registerDisplay } from "../../display/formats";
import { caseBundle, caseListBundle, datasetBundle, planeBundle } from "./dataCards";
import { isCase, isCaseList, isDataset, isPlane } from "./recognise";
import { isStudyTable, studyTableBundle } from "./studyCard";
import {
  evaluationBundle,
  fitResultBundle,
  isEvaluation,
  isFitResult,
  isPlotlyJson,
  plotlyBundle,
} from "./resultCards";

/** Registers a format whose type guard narrows the value for its bundle. */
function register<T>(
  name: string,
  matches: (value: object) => value is T & object,
  toBundle: (value: T) => ReturnType<typeof planeBundle>,
): void {
  registerDisplay({
    name,
    matches,
    toBundle: (value) => (matches(value) ? toBundle(value) : {}),
  });
}

/** Registers how notebooks show datasets, cases, results and plain plotly JSON. */
export function registerCards(): void {
  register("plotly JSON", isPlotlyJson, plotlyBundle);
  register("study table", isStudyTable, studyTableBundle);
  register("evaluation", isEvaluation, evaluationBundle);
  register("fit result", isFitResult, fitResultBundle);
  register("plane", isPlane, planeBundle);
  register("cases", isCaseList, caseListBundle);
  register("case", isCase, caseBundle);
  register("dataset", isDataset, datasetBundle);
}
