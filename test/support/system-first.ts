import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Starts the tests of whole clouds first: they mostly wait, and a long one that started last would leave a core idle. */
export default class SystemFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const isWhole = ({ project }: TestSpecification) => Number(["system", "faults"].includes(project.name));
		return (await super.sort(files)).sort((a, b) => isWhole(b) - isWhole(a));
	}
}
