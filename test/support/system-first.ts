import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Each takes minutes; the base class knows only the size of a file that has not run yet. */
const slowFiles = ["grants", "crash-points", "cut-connections"].map((name) => `/test/faults/${name}.test.ts`);

/** The order of what starts after them. A worker keeps its modules from one file of a project to the next. */
const projects = ["faults", "web", "system", "scripts", "tools", "langgraph-suite", "packages", "parts"];

/**
 * Starts the slow files first, then the other tests of whole clouds: they mostly wait, and one that started last would
 * leave a core idle.
 */
export default class SystemFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ project, moduleId }: TestSpecification) =>
			slowFiles.some((file) => moduleId.endsWith(file)) ? -1 : projects.indexOf(project.name);
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
