// make infra-status: how the five stacks stand, and what to do about those that do not.
import { printTable } from "#cli/table.ts";
import { operate } from "../environment/target.ts";
import { describeStacks, troubleOf } from "./stacks.ts";

await operate(async (target) => {
	const stacks = await describeStacks(target);
	printTable(
		stacks.map(({ name, status, changedAt }) => ({
			stack: name,
			status: status ?? "not deployed",
			changed: changedAt?.toISOString().slice(0, 16).replace("T", " ") ?? "never",
		})),
	);
	const troubles = stacks.flatMap((stack) => {
		const trouble = troubleOf(stack, target.name);
		return trouble ? [trouble] : [];
	});
	if (stacks.every(({ status }) => status === null)) {
		throw new Error(
			`Environment ${target.name} is not deployed in ${target.client.region}: make infra-deploy ENV=${target.name}.`,
		);
	}
	if (troubles.length > 0) throw new Error(troubles.join("\n"));
	const url = stacks.find(({ part }) => part === "API")?.outputs.ApiUrl;
	console.log(`\nEnvironment ${target.name} answers at ${url}`);
});
