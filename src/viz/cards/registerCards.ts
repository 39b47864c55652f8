import { caseRecordsBundle, isCaseRecords } from "./caseRecordsCard";
import { registerDisplay } from "../../display/formats";
import {
  caseBundle,
  caseListBundle,
  datasetBundle,
  planeBundle,
  planeListBundle,
} from "./dataCards";
import { isCase, isCaseList, isDataset, isPlane, isPlaneList } from "./recognise";
import { explanationBundle, isExplanation } from "./explanationCard";
import { isRun, runBundle } from "./runCard";
import { isStudyResult, isStudyTable, studyResultBundle, studyTableBundle } from "./studyCard";
import {
  evaluationBundle,
  fitResultBundle,
  isEvaluation,
  isFitResult,
  isLearningRateTest,
  isPlotlyJson,
  isSummary,
  learningRateTestBundle,
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

/** Registers how notebooks show datasets, cases, masks, runs, studies, other results and plain plotly JSON. */
export function registerCards(): void {
  register("plotly JSON", isPlotlyJson, plotlyBundle);
  register("study table", isStudyTable, studyTableBundle);
  register("study", isStudyResult, studyResultBundle);
  register("run", isRun, runBundle);
  register("explanation", isExplanation, explanationBundle);
  register("learning-rate test", isLearningRateTest, learningRateTestBundle);
  register("evaluation", isEvaluation, evaluationBundle);
  register("summary", isSummary, (summary) => evaluationBundle({ summary }));
  register("case records", isCaseRecords, caseRecordsBundle);
  register("fit result", isFitResult, fitResultBundle);
  register("plane", isPlane, planeBundle);
  register("planes", isPlaneList, planeListBundle);
  register("cases", isCaseList, caseListBundle);
  register("case", isCase, caseBundle);
  register("dataset", isDataset, datasetBundle);
}
