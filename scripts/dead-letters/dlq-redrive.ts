// make dlq-redrive: retries dead letters. Repeating is harmless, since stages skip work that is done.
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";
import { deadLetters, redrive } from "./dead-letters.ts";

await operate(async (target) => {
	const { QUEUE } = process.env;
	const all = await deadLetters(target);
	if (QUEUE && !all.some(({ name }) => name === QUEUE)) {
		throw new Error(
			`There is no dead-letter queue ${QUEUE}: QUEUE is one of ${all.map(({ name }) => name).join(", ")}.`,
		);
	}
	const queues = all.filter(({ name, count }) => count > 0 && (!QUEUE || name === QUEUE));
	if (queues.length === 0) {
		console.log("There are no dead letters.");
		return;
	}
	const total = queues.reduce((sum, { count }) => sum + count, 0);
	await confirm(`Retry ${total} dead letters of ${queues.map(({ name }) => name).join(", ")}?`, "yes");
	for (const queue of queues) {
		console.log(`${queue.name}: ${await redrive(target, queue)}.`);
	}
});
