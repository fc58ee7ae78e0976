// make dlq-list: lists the dead letters, queue by queue.
import type { Message } from "@aws-sdk/client-sqs";
import { printTable } from "#deployment/table.ts";
import { operate } from "../environment/target.ts";
import { deadLetters, sample } from "./dead-letters.ts";

await operate(async (target) => {
	const queues = await deadLetters(target);
	printTable(queues.map(({ name, count }) => ({ queue: name, letters: count })));
	for (const queue of queues.filter(({ count }) => count > 0)) {
		console.log(`\n${queue.name}, for example:`);
		for (const letter of await sample(target, queue)) {
			console.log(`  ${summarize(letter)}`);
		}
	}
	const total = queues.reduce((sum, { count }) => sum + count, 0);
	console.log(
		total === 0
			? "\nThere are no dead letters."
			: `\n${total} dead letters. docs/runbooks/dead-letters.md explains them; make dlq-redrive ENV=${target.name} retries them.`,
	);
});

/** Summarizes a message by ids alone: it may hold personal data, which must not reach a terminal. */
function summarize({ Body = "", MessageAttributes }: Message): string {
	const reason = MessageAttributes?.ERROR_CODE?.StringValue;
	try {
		const body = JSON.parse(Body);
		const { item_id, correlation_id } = body.detail ?? {};
		return [
			body.time ?? body.timestamp,
			body["detail-type"] ?? body.requestContext?.condition ?? "event",
			item_id && `item ${item_id}`,
			correlation_id && `correlation ${correlation_id}`,
			body.detail?.object && "uploaded object",
			reason,
		]
			.filter(Boolean)
			.join("  ");
	} catch {
		return `not JSON, ${Body.length} characters`;
	}
}
