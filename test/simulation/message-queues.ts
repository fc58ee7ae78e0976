import { randomUUID } from "node:crypto";
import type { EventType, OutgoingEvent } from "#core/pipeline/events.ts";
import { type EventSource, type StageName, sourcesOf, stageNames, stages } from "#core/pipeline/stages.ts";
import type { FaultProfile } from "./fault-profile.ts";
import type { Random } from "./random.ts";

const rules = stageNames.flatMap((queue) =>
	Object.values<EventType | "upload">(stages[queue].rules)
		.filter((event) => event !== "upload")
		.map((type) => ({ queue, type, sources: sourcesOf(type) })),
);

export interface Message {
	id: string;
	queue: StageName;
	/** The event as EventBridge writes it to SQS. */
	body: string;
	/** The person; null where the rule names none. */
	group: string | null;
	/** On the simulator's clock, in seconds. */
	visibleAt: number;
	receives: number;
}

/** EventBridge's rules and the stages' queues, which lose, duplicate and reorder by the fault profile. */
export class MessageQueues {
	readonly messages: Message[] = [];
	readonly deadLetters: Message[] = [];
	readonly #faultProfile: FaultProfile;
	readonly #chance: Random;

	constructor(faultProfile: FaultProfile, chance: Random) {
		this.#faultProfile = faultProfile;
		this.#chance = chance;
	}

	/** Sends an event to each queue whose rule matches. */
	route(source: EventSource, { type, detail }: OutgoingEvent, visibleAt: number): void {
		for (const rule of rules) {
			if (rule.type !== type || !rule.sources.includes(source)) continue;
			const event = { source, "detail-type": type, detail };
			this.deliver(rule.queue, event, visibleAt, detail.user_id);
		}
	}

	/** Puts an event on a queue, as a rule does: the fault profile may lose or repeat it. */
	deliver(queue: StageName, event: object, visibleAt: number, group: string | null): void {
		const { lost = 0, duplicated = 0 } = this.#faultProfile;
		if (this.#chance.percent(lost)) return;
		const copies = this.#chance.percent(duplicated) ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.send(queue, JSON.stringify(event), visibleAt, group);
		}
	}

	send(queue: StageName, body: string, visibleAt: number, group: string | null): void {
		this.messages.push({ id: randomUUID(), queue, body, group, visibleAt, receives: 0 });
	}

	/** Returns the messages that the workers receive next: none where none is visible. */
	receive(time: number): Message[] {
		const { reordered, workers = 1 } = this.#faultProfile;
		const visible = this.messages.filter(({ visibleAt }) => visibleAt <= time);
		return Array.from({ length: Math.min(workers, visible.length) }, () =>
			visible.splice(reordered ? this.#chance.below(visible.length) : 0, 1),
		).flat();
	}

	remove(message: Message): void {
		const index = this.messages.indexOf(message);
		if (index >= 0) this.messages.splice(index, 1);
	}

	/** Keeps a message that was received too often for a person; the sweeper takes care of its item. */
	giveUp(message: Message): void {
		this.remove(message);
		this.deadLetters.push(message);
	}
}
