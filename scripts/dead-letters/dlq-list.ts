// make dlq-list: what was given up on, queue by queue.
import type { Message } from "@aws-sdk/client-sqs";
import { printTable } from "#cli/table.ts";
import { operate } from "../environment/target.ts";
import { deadLetters, sample } from "./dead-letters.ts";

await operate(async (target) => {
	const queues = await deadLetters(target);
	printTable(queues.map(({ name, count }) => ({ queue: name, letters: count })));
	for (const queue of queues.filter(({ count }) => count > 0)) {
		console.log(`\n${queue.name}, for example:`);
		for (const letter of await sample(target, queue)) {
			console.log(`  ${described(letter)}`);
		}
	}
	const total = queues.reduce((sum, { count }) => sum + count, 0);
	console.log(
		total === 0
			? "\nNothing was given up on."
			: `\n${total} letters. docs/runbooks tell why; make dlq-redrive ENV=${target.name} has them tried again.`,
	);
});

/** What it is about, by ids: the words of a person are not for a terminal. */
function described({ Body = "", MessageAttributes }: Message): string {
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
		return `no JSON, ${Body.length} characters`;
	}
}
