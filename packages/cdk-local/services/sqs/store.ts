import { createHash, randomBytes, randomUUID } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { Arrivals } from "./arrivals.ts";
import type { Message, Queue, QueueOptions, SendOptions } from "./queue.ts";

/** 1 MiB, attributes included. */
const maxMessageBytes = 1_048_576;
const queueColumns = `name, arn, visibility_seconds as visibilitySeconds, retention_seconds as retentionSeconds,
	delay_seconds as delaySeconds, dead_letter_arn as deadLetterArn, max_receives as maxReceives, created_at as createdAt`;

/** Stores queues and messages. A message stays until it is deleted, expires or moves to the dead-letter queue. */
export class Queues {
	readonly #state: State;
	readonly #arrivals = new Arrivals();

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists queues (
				name text primary key,
				arn text not null unique,
				visibility_seconds integer not null,
				retention_seconds integer not null,
				delay_seconds integer not null,
				dead_letter_arn text,
				max_receives integer,
				created_at integer not null
			) strict;
			create table if not exists messages (
				id integer primary key autoincrement,
				queue text not null,
				message_id text not null,
				body text not null,
				attributes text not null,
				sent_at integer not null,
				visible_at integer not null,
				receive_count integer not null default 0,
				first_received_at integer,
				receipt text,
				message_group text
			) strict;
			create index if not exists messages_by_visibility on messages (queue, visible_at)`);
		addMessageGroup(state);
		state.db.exec("drop index if exists messages_by_group"); // of an earlier version
	}

	/** Creates the queue or changes its settings; its messages stay. */
	ensure(name: string, options: QueueOptions): { arn: string; url: string } {
		const arn = this.#state.arn("sqs", name);
		this.#state
			.sql(
				`insert into queues values (?, ?, ?, ?, ?, ?, ?, ?)
				on conflict (name) do update set visibility_seconds = excluded.visibility_seconds,
					retention_seconds = excluded.retention_seconds, delay_seconds = excluded.delay_seconds,
					dead_letter_arn = excluded.dead_letter_arn, max_receives = excluded.max_receives`,
			)
			.run(
				name,
				arn,
				options.visibilitySeconds,
				options.retentionSeconds,
				options.delaySeconds ?? 0,
				options.redrive?.deadLetterArn ?? null,
				options.redrive?.maxReceives ?? null,
				this.#state.now(),
			);
		return { arn, url: this.url(name) };
	}

	url(name: string): string {
		return `${this.#state.endpoint}/${this.#state.account}/${name}`;
	}

	/** Returns the ARN for an ARN, URL or name, even if there is no such queue. */
	arn(id: string): string {
		return this.#state.arn("sqs", nameIn(id));
	}

	/** Lists the queues whose dead-letter queue this is. */
	sources(deadLetterArn: string): Queue[] {
		return this.list("").filter((queue) => queue.deadLetterArn === deadLetterArn);
	}

	list(prefix: string): Queue[] {
		return this.#state
			.sql(`select ${queueColumns} from queues where substr(name, 1, length(?)) = ? order by name`)
			.all(prefix, prefix) as unknown as Queue[];
	}

	/** Finds a queue by ARN, URL or name. @throws AwsError `QueueDoesNotExist` */
	queue(id: string): Queue {
		const row = this.#state.sql(`select ${queueColumns} from queues where name = ?`).get(nameIn(id));
		if (!row) {
			throw new AwsError("QueueDoesNotExist", `The specified queue does not exist: ${id}`, 400, {
				"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender",
			});
		}
		return row as unknown as Queue;
	}

	send(
		arn: string,
		body: string,
		{ delaySeconds, attributes = {}, messageGroup }: SendOptions = {},
	): { messageId: string; md5: string } {
		const queue = this.queue(arn);
		const attributesJson = JSON.stringify(attributes);
		const size = Buffer.byteLength(body) + (attributesJson === "{}" ? 0 : Buffer.byteLength(attributesJson));
		if (body === "") {
			throw new AwsError("MissingParameter", "The request must contain the parameter MessageBody.");
		}
		if (size > maxMessageBytes) {
			throw new AwsError(
				"InvalidParameterValue",
				`One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
			);
		}
		const now = this.#state.now();
		const messageId = randomUUID();
		this.#state
			.sql(
				`insert into messages (queue, message_id, body, attributes, sent_at, visible_at, message_group)
				values (?, ?, ?, ?, ?, ?, ?)`,
			)
			.run(
				queue.arn,
				messageId,
				body,
				attributesJson,
				now,
				now + (delaySeconds ?? queue.delaySeconds) * 1_000,
				messageGroup ?? null,
			);
		this.#arrivals.notify(queue.arn);
		return { messageId, md5: md5(body) };
	}

	/** Receives up to `max` messages, which other receivers do not see until the visibility timeout ends. */
	receive(arn: string, max: number, visibilitySeconds?: number): Message[] {
		const queue = this.queue(arn);
		const now = this.#state.now();
		const visibleAt = now + (visibilitySeconds ?? queue.visibilitySeconds) * 1_000;
		return this.#state.transaction(() => {
			this.#expire(queue);
			this.#moveDeadLetters(queue);
			return this.#nextInTurns(queue, now, max).map((next) => {
				const { id, attributes, ...message } = this.#state
					.sql(
						`select id, message_id as messageId, body, attributes, receive_count + 1 as receiveCount,
							sent_at as sentAt, coalesce(first_received_at, ?) as firstReceivedAt, message_group as messageGroup
						from messages where id = ?`,
					)
					.get(now, next) as unknown as StoredMessage;
				const receipt = randomBytes(24).toString("base64url");
				this.#state
					.sql("update messages set visible_at = ?, receive_count = ?, first_received_at = ?, receipt = ? where id = ?")
					.run(visibleAt, message.receiveCount, message.firstReceivedAt, receipt, id);
				return {
					...message,
					attributes: JSON.parse(attributes),
					md5: md5(message.body),
					receiptHandle: `${id}.${receipt}`,
				};
			});
		});
	}

	/** Deletes a message. A receipt that a later receive replaced deletes nothing, as on AWS. */
	delete(arn: string, receiptHandle: string): void {
		const { id, receipt } = readReceipt(receiptHandle);
		this.#state
			.sql("delete from messages where id = ? and queue = ? and receipt = ?")
			.run(id, this.queue(arn).arn, receipt);
	}

	/** @throws AwsError `MessageNotInflight` if the message is visible again or deleted */
	changeVisibility(arn: string, receiptHandle: string, seconds: number): void {
		const { id, receipt } = readReceipt(receiptHandle);
		const queue = this.queue(arn);
		const now = this.#state.now();
		const { changes } = this.#state
			.sql("update messages set visible_at = ? where id = ? and queue = ? and receipt = ? and visible_at > ?")
			.run(now + seconds * 1_000, id, queue.arn, receipt, now);
		if (changes === 0) {
			throw new AwsError("MessageNotInflight", "The message referred to is not in flight.");
		}
		this.#arrivals.notify(queue.arn);
	}

	depth(arn: string): { visible: number; inFlight: number; delayed: number } {
		const queue = this.queue(arn);
		this.#expire(queue);
		const now = this.#state.now();
		return this.#state
			.sql(
				`select coalesce(sum(visible_at <= ?), 0) as visible,
					coalesce(sum(visible_at > ? and receive_count > 0), 0) as inFlight,
					coalesce(sum(visible_at > ? and receive_count = 0), 0) as delayed
				from messages where queue = ?`,
			)
			.get(now, now, now, queue.arn) as unknown as ReturnType<Queues["depth"]>;
	}

	purge(arn: string): void {
		this.#state.sql("delete from messages where queue = ?").run(this.queue(arn).arn);
	}

	/** Moves all messages to another queue as if they were new. @returns how many */
	moveAll(fromArn: string, toArn: string): number {
		const to = this.queue(toArn);
		const { changes } = this.#state
			.sql(
				`update messages set queue = ?, visible_at = ?, receive_count = 0, first_received_at = null, receipt = null
				where queue = ?`,
			)
			.run(to.arn, this.#state.now(), this.queue(fromArn).arn);
		this.#arrivals.notify(to.arn);
		return Number(changes);
	}

	/** Resolves when a message may be receivable, after `milliseconds` at the latest, so that receivers need not poll. */
	async wait(arn: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
		const queue = this.queue(arn).arn;
		const { next } = this.#state.sql("select min(visible_at) as next from messages where queue = ?").get(queue) as {
			next: number | null;
		};
		const untilNext = next === null ? milliseconds : Math.max(0, next - this.#state.now());
		await this.#arrivals.wait(queue, Math.min(milliseconds, untilNext), signal);
	}

	/**
	 * Finds the visible messages to deliver next: first those of the group with the fewest messages in flight, oldest
	 * first. A message without a group is a group of its own. However many groups wait, it reads those that are ahead alone.
	 */
	#nextInTurns(queue: Queue, now: number, max: number): number[] {
		const held = this.#inFlight(queue, now);
		const chosen: number[] = [];
		let maxInFlight = 0;
		while (chosen.length < max) {
			const ahead = [...held].filter(([, count]) => count > maxInFlight);
			const next = this.#state
				.sql(
					`select id, message_group as name from messages
					where queue = ? and visible_at <= ? and id not in (select value from json_each(?))
						and (message_group is null or message_group not in (select value from json_each(?)))
					order by visible_at, id limit 1`,
				)
				.get(queue.arn, now, JSON.stringify(chosen), JSON.stringify(ahead.map(([name]) => name))) as
				| { id: number; name: string | null }
				| undefined;
			if (next) {
				chosen.push(next.id);
				if (next.name !== null) held.set(next.name, (held.get(next.name) ?? 0) + 1);
			} else if (ahead.length > 0) maxInFlight = Math.min(...ahead.map(([, count]) => count));
			else break;
		}
		return chosen;
	}

	/** Counts the messages in flight of each group that has any. */
	#inFlight(queue: Queue, now: number): Map<string, number> {
		const rows = this.#state
			.sql(
				`select message_group as name, count(*) as count from messages
				where queue = ? and visible_at > ? and receive_count > 0 and message_group is not null
				group by message_group`,
			)
			.all(queue.arn, now) as unknown as { name: string; count: number }[];
		return new Map(rows.map(({ name, count }) => [name, count]));
	}

	#expire(queue: Queue): void {
		this.#state
			.sql("delete from messages where queue = ? and sent_at < ?")
			.run(queue.arn, this.#state.now() - queue.retentionSeconds * 1_000);
	}

	/** Moves messages that were received `maxReceives` times to the dead-letter queue. */
	#moveDeadLetters(queue: Queue): void {
		if (queue.deadLetterArn === null || queue.maxReceives === null) return;
		const deadLetters = this.queue(queue.deadLetterArn).arn;
		const { changes } = this.#state
			.sql("update messages set queue = ?, receipt = null where queue = ? and visible_at <= ? and receive_count >= ?")
			.run(deadLetters, queue.arn, this.#state.now(), queue.maxReceives);
		if (changes > 0) this.#arrivals.notify(deadLetters);
	}
}

type StoredMessage = Omit<Message, "receiptHandle" | "md5" | "attributes"> & { id: number; attributes: string };

/** Adds the column that the state of an earlier version lacks. */
function addMessageGroup(state: State): void {
	const column = state.db.prepare("select name from pragma_table_info('messages') where name = 'message_group'").get();
	if (!column) state.db.exec("alter table messages add column message_group text");
}

const nameIn = (id: string) => id.split(/[/:]/).at(-1) ?? "";

function readReceipt(handle: string): { id: number; receipt: string } {
	const [, id, receipt] = /^(\d+)\.([\w-]+)$/.exec(handle) ?? [];
	if (!id || !receipt) {
		throw new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
	}
	return { id: Number(id), receipt };
}

function md5(text: string): string {
	return createHash("md5").update(text).digest("hex");
}
