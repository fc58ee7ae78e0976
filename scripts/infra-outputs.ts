// make infra-outputs: writes .aws-outputs-ENV.json from the stacks' outputs and prints it.
import { readFile } from "node:fs/promises";
import { writeOutputs } from "./operate/outputs-file.ts";
import { operate } from "./operate/target.ts";

await operate(async (target) => {
	const file = await writeOutputs(target);
	console.log(await readFile(file, "utf8"));
	console.log(`Written to ${file}.`);
});
