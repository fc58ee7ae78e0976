// make infra-status: shows the state of the stacks, and what to do about a broken one.
import { printTable } from "#deployment/table.ts";
import { operate } from "../environment/target.ts";
import { describeStacks, notDeployed, problemOf } from "./stacks.ts";

await operate(async (target) => {
	const stacks = await describeStacks(target);
	printTable(
		stacks.map(({ name, status, changedAt }) => ({
			stack: name,
			status: status ?? "not deployed",
			changed: changedAt?.toISOString().slice(0, 16).replace("T", " ") ?? "never",
		})),
	);
	const problems = stacks.flatMap((stack) => {
		const problem = problemOf(stack, target.name);
		return problem ? [problem] : [];
	});
	if (stacks.every(({ status }) => status === null)) {
		throw notDeployed(target);
	}
	if (problems.length > 0) throw new Error(problems.join("\n"));
	const url = stacks.find(({ part }) => part === "API")?.outputs.ApiUrl;
	console.log(`\nEnvironment ${target.name} answers at ${url}`);
});
