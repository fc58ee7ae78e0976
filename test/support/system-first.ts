import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Starts the system tests first: they mostly wait, and a long one that started last would leave a core idle. */
export default class SystemFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const isSystem = ({ project }: TestSpecification) => Number(project.name === "system");
		return (await super.sort(files)).sort((a, b) => isSystem(b) - isSystem(a));
	}
}
