import type * as langsmith from "langsmith";
import type * as runTrees from "langsmith/run_trees";
import type * as traceable from "langsmith/singletons/traceable";

type LangSmith = Pick<typeof langsmith, "Client" | "getDefaultProjectName"> &
	Pick<typeof runTrees, "RunTree" | "isRunTree" | "convertToDottedOrderFormat"> &
	Pick<typeof traceable, "getCurrentRunTree" | "isTraceableFunction">;

/** Stubs LangSmith's run tree, in which LangChain keeps a step's context even if nothing is recorded. */
class UnrecordedRun {
	constructor(fields: object) {
		Object.assign(this, fields);
	}
}

// The bundles resolve LangChain's imports of LangSmith to this module (lib/bundling/plugins.ts). Without a tracer
// LangChain's core creates runs and looks up the current one, and uses nothing else.
export let RunTree = UnrecordedRun as unknown as LangSmith["RunTree"];
export let isRunTree: LangSmith["isRunTree"] = (value): value is runTrees.RunTree => value instanceof UnrecordedRun;
export let getCurrentRunTree = (() => undefined) as unknown as LangSmith["getCurrentRunTree"];
export let isTraceableFunction = (() => false) as unknown as LangSmith["isTraceableFunction"];
export let convertToDottedOrderFormat: LangSmith["convertToDottedOrderFormat"];
export let getDefaultProjectName: LangSmith["getDefaultProjectName"];
export let Client: LangSmith["Client"];

/** Replaces the stubs with LangSmith itself, also for modules that imported them before. */
export function installLangSmith(real: LangSmith): void {
	({
		RunTree,
		isRunTree,
		getCurrentRunTree,
		isTraceableFunction,
		convertToDottedOrderFormat,
		getDefaultProjectName,
		Client,
	} = real);
}
