// make dlq-redrive: has what was given up on tried again, which is harmless: stages skip what is done.
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";
import { deadLetters, redrive } from "./dead-letters.ts";

await operate(async (target) => {
	const { QUEUE } = process.env;
	const all = await deadLetters(target);
	if (QUEUE && !all.some(({ name }) => name === QUEUE)) {
		throw new Error(
			`There is no queue ${QUEUE} of dead letters: QUEUE is one of ${all.map(({ name }) => name).join(", ")}.`,
		);
	}
	const queues = all.filter(({ name, count }) => count > 0 && (!QUEUE || name === QUEUE));
	if (queues.length === 0) {
		console.log("Nothing was given up on.");
		return;
	}
	const total = queues.reduce((sum, { count }) => sum + count, 0);
	await confirm(`Have ${total} letters of ${queues.map(({ name }) => name).join(", ")} tried again?`, "yes");
	for (const queue of queues) {
		console.log(`${queue.name}: ${await redrive(target, queue)}.`);
	}
});
