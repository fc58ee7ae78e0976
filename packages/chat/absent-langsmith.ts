import type * as langsmith from "langsmith";
import type * as runTrees from "langsmith/run_trees";
import type * as traceable from "langsmith/singletons/traceable";

type LangSmith = Pick<typeof langsmith, "Client" | "getDefaultProjectName"> &
	Pick<
		typeof runTrees,
		"RunTree" | "isRunTree" | "convertToDottedOrderFormat"
	> &
	Pick<typeof traceable, "getCurrentRunTree" | "isTraceableFunction">;

/** A run that nobody records: LangChain keeps the context of a step in one. */
class UnrecordedRun {
	constructor(fields: object) {
		Object.assign(this, fields);
	}
}

// In the bundles LangChain's core takes these from here instead of LangSmith (lib/bundling/plugins.ts). Without a
// tracer it makes runs, asks for the current one, and touches nothing else.
export let RunTree = UnrecordedRun as unknown as LangSmith["RunTree"];
export let isRunTree: LangSmith["isRunTree"] = (
	value,
): value is runTrees.RunTree => value instanceof UnrecordedRun;
export let getCurrentRunTree = (() =>
	undefined) as unknown as LangSmith["getCurrentRunTree"];
export let isTraceableFunction = (() =>
	false) as unknown as LangSmith["isTraceableFunction"];
export let convertToDottedOrderFormat: LangSmith["convertToDottedOrderFormat"];
export let getDefaultProjectName: LangSmith["getDefaultProjectName"];
export let Client: LangSmith["Client"];

/** From now on LangChain's core has the real one. */
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
