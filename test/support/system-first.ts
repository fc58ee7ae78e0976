import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Each takes minutes, whatever its size tells. */
const longestFiles = ["grants.test.ts", "cut-connections.test.ts", "crash-points.test.ts"];

/**
 * Starts the tests of whole clouds first, the longest of them before all others: they mostly wait, and a long one that
 * started last would leave a core idle.
 */
export default class SystemFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ project, moduleId }: TestSpecification) =>
			longestFiles.includes(basename(moduleId)) ? 0 : ["system", "faults"].includes(project.name) ? 1 : 2;
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
