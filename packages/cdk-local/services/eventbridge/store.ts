import { randomUUID } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { MessageAttribute } from "../sqs/message-attributes.ts";
import type { SendOptions } from "../sqs/queue.ts";
import { messageGroupOf, requireMessageGroup } from "./message-group.ts";
import { eventPattern } from "./pattern.ts";

interface NewEvent {
	source: string;
	detailType: string;
	/** An object. */
	detail: unknown;
	resources?: string[] | undefined;
	/** @default now */
	time?: Date;
}

interface RuleTarget {
	id: string;
	arn: string;
	/** Queue for events the target refused. */
	deadLetterArn?: string;
	/** A constant body in place of the event. */
	input?: string;
	/** The message group in the target's queue, or the path of the event's field that names it: `$.detail.user_id`. */
	messageGroup?: string;
}

interface Rule {
	name: string;
	/** Name of the bus. */
	bus: string;
	/** The events that it matches; undefined where it only has a schedule. */
	pattern?: unknown;
	/** A schedule expression, which `Schedules` runs. */
	schedule?: string | undefined;
	/** @default true */
	enabled?: boolean;
	targets: RuleTarget[];
}

interface Hooks {
	/** Delivers a body. When it throws, the body goes to the rule's dead-letter queue with attributes that say why. */
	deliver(
		targetArn: string,
		body: string,
		ruleArn: string,
		options?: Pick<SendOptions, "attributes" | "messageGroup">,
	): void | Promise<void>;
	/** Reports an event that no target and no dead-letter queue took. @default console.error */
	lost?(reason: string): void;
}

/**
 * Holds event buses and rules in memory, since every start reads them from the templates.
 * Events are not stored: publishing delivers them before it returns.
 */
export class EventBuses {
	readonly #state: State;
	readonly #deliver: Hooks["deliver"];
	readonly #lost: NonNullable<Hooks["lost"]>;
	readonly #buses = new Set(["default"]);
	readonly #rules = new Map<string, Rule & { enabled: boolean; matches: (event: unknown) => boolean }>();

	constructor(state: State, hooks: Hooks) {
		this.#state = state;
		this.#deliver = hooks.deliver;
		this.#lost = hooks.lost ?? console.error;
	}

	ensureBus(name: string): { arn: string } {
		this.#buses.add(name);
		return { arn: this.arn(name) };
	}

	/** Returns a bus's ARN by name or ARN, even if there is no such bus. */
	arn(nameOrArn: string): string {
		return this.#state.arn("events", `event-bus/${busName(nameOrArn)}`);
	}

	/** @throws AwsError `InvalidEventPatternException` if the pattern has an unknown operator. */
	putRule(rule: Rule): { arn: string } {
		this.#requireBus(rule.bus);
		const matches = rule.pattern === undefined ? () => false : eventPattern(rule.pattern);
		for (const { messageGroup } of rule.targets) requireMessageGroup(messageGroup ?? "");
		this.#rules.set(`${rule.bus}/${rule.name}`, { enabled: true, ...rule, matches });
		return { arn: this.ruleArn(rule) };
	}

	/** @throws AwsError `ResourceNotFoundException` if there is no such rule. */
	rule(busNameOrArn: string, name: string): Rule & { enabled: boolean } {
		const rule = this.#rules.get(`${this.#requireBus(busNameOrArn)}/${name}`);
		if (rule) return rule;
		throw new AwsError(
			"ResourceNotFoundException",
			`Rule ${name} does not exist on EventBus ${busName(busNameOrArn)}.`,
		);
	}

	/** Turns a rule on or off until the next start, which reads the template again. */
	enableRule(busNameOrArn: string, name: string, enabled: boolean): void {
		this.rule(busNameOrArn, name).enabled = enabled;
	}

	ruleArn({ bus, name }: Pick<Rule, "bus" | "name">): string {
		const prefix = bus === "default" ? "" : `${bus}/`;
		return this.#state.arn("events", `rule/${prefix}${name}`);
	}

	/** Delivers an event to the targets of every matching rule, in one transaction. */
	publish(bus: string, event: NewEvent): { id: string; matched: number } {
		const name = this.#requireBus(bus);
		const id = randomUUID();
		const envelope = {
			version: "0",
			id,
			"detail-type": event.detailType,
			source: event.source,
			account: this.#state.account,
			time: (event.time ?? new Date(this.#state.now())).toISOString().replace(/\.\d+/, ""),
			region: this.#state.region,
			resources: event.resources ?? [],
			detail: event.detail,
		};
		const matching = [...this.#rules.values()].filter(
			(rule) => rule.enabled && rule.bus === name && rule.matches(envelope),
		);
		const body = JSON.stringify(envelope);
		this.#state.transaction(() => {
			for (const rule of matching) {
				for (const target of rule.targets) {
					this.#send(rule, target, target.input ?? body, messageGroupOf(target.messageGroup, envelope));
				}
			}
		});
		return { id, matched: matching.length };
	}

	/** Sends once: AWS retries for a day, but on one machine a refusal is final. */
	#send(rule: Rule, target: RuleTarget, body: string, messageGroup: string | undefined): void {
		const ruleArn = this.ruleArn(rule);
		const giveUp = (error: unknown) => {
			if (!target.deadLetterArn) {
				this.#lost(`Rule ${rule.name} could not deliver to ${target.arn} and has no dead-letter queue: ${error}`);
				return;
			}
			try {
				const attributes = deadLetterAttributes(ruleArn, target.arn, error);
				this.#deliver(target.deadLetterArn, body, ruleArn, { attributes });
			} catch (refusal) {
				this.#lost(`Rule ${rule.name} could deliver neither to ${target.arn} nor to its dead-letter queue: ${refusal}`);
			}
		};
		try {
			const delivered = this.#state.transaction(() => this.#deliver(target.arn, body, ruleArn, { messageGroup }));
			delivered?.catch(giveUp);
		} catch (error) {
			giveUp(error);
		}
	}

	/** Finds a bus by name or ARN. AWS silently drops events to an unknown bus; here that is an error. */
	#requireBus(nameOrArn: string): string {
		const name = busName(nameOrArn);
		if (!this.#buses.has(name)) {
			throw new AwsError("ResourceNotFoundException", `Event bus ${nameOrArn} does not exist.`);
		}
		return name;
	}
}

/** Describes a failed delivery in the message attributes that AWS adds to a dead letter. */
export function deadLetterAttributes(
	ruleArn: string,
	targetArn: string,
	error: unknown,
): Record<string, MessageAttribute> {
	const text = (StringValue: string) => ({ DataType: "String", StringValue });
	const code = error instanceof AwsError ? error.code : "SDK_CLIENT_ERROR";
	return {
		RULE_ARN: text(ruleArn),
		TARGET_ARN: text(targetArn),
		ERROR_CODE: text(code.startsWith("AccessDenied") ? "NO_PERMISSIONS" : code),
		ERROR_MESSAGE: text(String(error)),
	};
}

/** Returns the name in a bus's name or ARN. */
export const busName = (nameOrArn: string) => nameOrArn.split("/").at(-1) ?? nameOrArn;
