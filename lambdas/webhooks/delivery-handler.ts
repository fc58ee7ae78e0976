import { deliveriesDue } from "#core/pipeline/events.ts";
import { deliverDue } from "#core/webhooks/deliver-due.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { messageHandler } from "#lambda-kit/message-handler.ts";
import { busEvent, type StageQueue } from "#lambda-kit/queue-handler.ts";

/** Then it is another person's turn: a receiver that hangs takes ten seconds at each attempt. */
const sliceMs = 25_000;
/** SQS delays a message no longer; the sweeper wakes the function for what is put off longer. */
const maxDelaySeconds = 15 * 60;

/** Makes the function's handler. A message says that a person has deliveries to make; the database knows which. */
export function deliveryHandler(
	ports: Parameters<typeof deliverDue>[0],
	queue: Pick<StageQueue, "delay" | "send">,
): ReturnType<typeof messageHandler> {
	return messageHandler("deliveries", queue, async ({ body }, { about, started }) => {
		const { detail } = busEvent.parse(JSON.parse(body));
		const { user_id: userId } = deliveriesDue.parse(detail);
		const { againSeconds, switchedOff, ...report } = await deliverDue(ports, userId, {
			deadline: new Date(started + sliceMs),
		});
		if (againSeconds !== null && againSeconds <= maxDelaySeconds) await queue.send(body, userId, againSeconds);
		const user = hashUser(userId);
		for (const id of switchedOff) {
			log.warn("webhook switched off after a day of failures", { ...about, webhook_id: id, user });
		}
		log.info("deliveries", { ...about, ...report, user, duration_ms: Date.now() - started });
	});
}
