import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Each takes minutes; the base class knows only the size of a file that has not run yet. */
const slowFiles = ["grants", "cut-connections", "crash-points"].map((name) => `/test/faults/${name}.test.ts`);

/**
 * Starts the slow files first, then the other tests of whole clouds: they mostly wait, and one that started last would
 * leave a core idle.
 */
export default class SystemFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ project, moduleId }: TestSpecification) =>
			slowFiles.some((file) => moduleId.endsWith(file)) ? 0 : ["system", "faults"].includes(project.name) ? 1 : 2;
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
