// make infra-outputs: writes .aws-outputs-ENV.json from the stacks' outputs and prints it.
import { readFile } from "node:fs/promises";
import { operate } from "../environment/target.ts";
import { writeOutputs } from "./outputs-file.ts";

await operate(async (target) => {
	const file = await writeOutputs(target);
	console.log(await readFile(file, "utf8"));
	console.log(`Written to ${file}.`);
});
