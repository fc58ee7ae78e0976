import { randomUUID } from "node:crypto";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { MessageAttribute } from "../sqs/store.ts";
import { eventPattern } from "./pattern.ts";

export interface NewEvent {
	source: string;
	detailType: string;
	/** An object. */
	detail: unknown;
	resources?: string[] | undefined;
	/** @default now */
	time?: Date;
}

export interface RuleTarget {
	id: string;
	arn: string;
	/** Takes what the target refused. */
	deadLetterArn?: string;
	/** A constant body in place of the event. */
	input?: string;
}

export interface Rule {
	name: string;
	/** The bus's name. */
	bus: string;
	pattern: unknown;
	targets: RuleTarget[];
}

/** PutEvents takes 256 KB over its entries. */
const maxRequest = 262_144;

/**
 * The event buses. Buses and rules live in memory, since every start takes them anew from the templates;
 * events need no memory: they are with their targets before they are answered.
 */
export class EventBuses {
	readonly api: AwsApi;
	readonly #state: State;
	readonly #deliver: Hooks["deliver"];
	readonly #lost: NonNullable<Hooks["lost"]>;
	readonly #buses = new Set(["default"]);
	readonly #rules = new Map<
		string,
		Rule & { matches: (event: unknown) => boolean }
	>();

	constructor(state: State, hooks: Hooks) {
		this.#state = state;
		this.#deliver = hooks.deliver;
		this.#lost = hooks.lost ?? console.error;
		this.api = jsonApi({
			service: "events",
			target: "AWSEvents",
			version: "1.1",
			permissions: (name, { Entries }: { Entries?: BusNames }) => {
				const buses = Entries?.map((each) =>
					this.#state.arn(
						"events",
						`event-bus/${nameIn(each.EventBusName ?? "default")}`,
					),
				);
				return [...new Set(buses ?? ["*"])].map((resource) => ({
					action: `events:${name}`,
					resource,
				}));
			},
			operations: {
				PutEvents: operation(
					{ Entries: z.array(entry).min(1).max(10) },
					({ Entries }) => this.#putEvents(Entries),
				),
				TestEventPattern: operation(
					{ EventPattern: z.string(), Event: z.string() },
					({ EventPattern, Event }) => ({
						Result: eventPattern(JSON.parse(EventPattern))(JSON.parse(Event)),
					}),
				),
			},
		});
	}

	ensureBus(name: string): { arn: string } {
		this.#buses.add(name);
		return { arn: this.#state.arn("events", `event-bus/${name}`) };
	}

	/** @throws AwsError `InvalidEventPatternException` where an operator of the pattern is unknown. */
	putRule(rule: Rule): { arn: string } {
		this.#requireBus(rule.bus);
		const matches = eventPattern(rule.pattern);
		this.#rules.set(`${rule.bus}/${rule.name}`, { ...rule, matches });
		return { arn: this.#ruleArn(rule) };
	}

	#ruleArn({ bus, name }: Rule): string {
		const place = bus === "default" ? "" : `${bus}/`;
		return this.#state.arn("events", `rule/${place}${name}`);
	}

	/** Hands an event to the targets of every rule it matches, all of them or none. */
	publish(bus: string, event: NewEvent): { id: string; matched: number } {
		const name = this.#requireBus(bus);
		const id = randomUUID();
		const whole = {
			version: "0",
			id,
			"detail-type": event.detailType,
			source: event.source,
			account: this.#state.account,
			time: (event.time ?? new Date(this.#state.now()))
				.toISOString()
				.replace(/\.\d+/, ""),
			region: this.#state.region,
			resources: event.resources ?? [],
			detail: event.detail,
		};
		const matching = [...this.#rules.values()].filter(
			(rule) => rule.bus === name && rule.matches(whole),
		);
		const body = JSON.stringify(whole);
		this.#state.transaction(() => {
			for (const rule of matching) {
				for (const target of rule.targets) {
					this.#send(rule, target, target.input ?? body);
				}
			}
		});
		return { id, matched: matching.length };
	}

	/** AWS retries for a day before it gives up; a target on the same machine fails for good. */
	#send(rule: Rule, target: RuleTarget, body: string): void {
		const ruleArn = this.#ruleArn(rule);
		const giveUp = (error: unknown) => {
			if (!target.deadLetterArn) {
				this.#lost(
					`Rule ${rule.name} could not deliver to ${target.arn} and has no dead letters: ${error}`,
				);
				return;
			}
			try {
				this.#deliver(
					target.deadLetterArn,
					body,
					ruleArn,
					deadLetterAttributes(ruleArn, target.arn, error),
				);
			} catch (refusal) {
				this.#lost(
					`Rule ${rule.name} could deliver neither to ${target.arn} nor to its dead letters: ${refusal}`,
				);
			}
		};
		try {
			const delivered = this.#state.transaction(() =>
				this.#deliver(target.arn, body, ruleArn),
			);
			delivered?.catch(giveUp);
		} catch (error) {
			giveUp(error);
		}
	}

	#putEvents(entries: z.infer<typeof entry>[]) {
		const size = entries.reduce(
			(sum, each) =>
				sum +
				[each.Source, each.DetailType, each.Detail, ...(each.Resources ?? [])]
					.map((text) => Buffer.byteLength(text ?? ""))
					.reduce((a, b) => a + b, each.Time === undefined ? 0 : 14),
			0,
		);
		if (size > maxRequest) {
			throw new AwsError(
				"ValidationException",
				"Total size of the entries in the request is over the limit.",
			);
		}
		const answers = entries.map((each) => {
			try {
				return { EventId: this.#putEvent(each) };
			} catch (error) {
				if (!(error instanceof AwsError)) throw error;
				return { ErrorCode: error.code, ErrorMessage: error.message };
			}
		});
		return {
			Entries: answers,
			FailedEntryCount: answers.filter((each) => "ErrorCode" in each).length,
		};
	}

	#putEvent(input: z.infer<typeof entry>): string {
		for (const name of ["Source", "DetailType", "Detail"] as const) {
			if (!input[name]) {
				throw new AwsError(
					"InvalidArgument",
					`Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
				);
			}
		}
		const { Source = "", DetailType = "", Detail = "" } = input;
		if (Source.startsWith("aws.")) {
			throw new AwsError(
				"NotAuthorizedForSourceException",
				"Not authorized for the source.",
			);
		}
		return this.publish(input.EventBusName ?? "default", {
			source: Source,
			detailType: DetailType,
			detail: parseDetail(Detail),
			resources: input.Resources,
			...(input.Time === undefined
				? {}
				: { time: new Date(input.Time * 1_000) }),
		}).id;
	}

	/** By name or ARN; AWS drops events to an unknown bus without a word, here that is an error. */
	#requireBus(bus: string): string {
		const name = nameIn(bus);
		if (!this.#buses.has(name)) {
			throw new AwsError(
				"ResourceNotFoundException",
				`Event bus ${bus} does not exist.`,
			);
		}
		return name;
	}
}

/** What a dead letter tells beside the event. */
export function deadLetterAttributes(
	ruleArn: string,
	targetArn: string,
	error: unknown,
): Record<string, MessageAttribute> {
	const said = (StringValue: string) => ({ DataType: "String", StringValue });
	const code = error instanceof AwsError ? error.code : "SDK_CLIENT_ERROR";
	return {
		RULE_ARN: said(ruleArn),
		TARGET_ARN: said(targetArn),
		ERROR_CODE: said(code.startsWith("AccessDenied") ? "NO_PERMISSIONS" : code),
		ERROR_MESSAGE: said(String(error)),
	};
}

type BusNames = { EventBusName?: string }[];

/** Of a bus, by name or ARN. */
const nameIn = (bus: string) => bus.split("/").at(-1) ?? bus;

interface Hooks {
	/** What it throws sends the body to the rule's dead letters, with attributes that tell why. */
	deliver(
		targetArn: string,
		body: string,
		ruleArn: string,
		attributes?: Record<string, MessageAttribute>,
	): void | Promise<void>;
	/** Is told of an event that reached nobody. @default console.error */
	lost?(why: string): void;
}

const entry = z.strictObject({
	Source: z.string().optional(),
	DetailType: z.string().optional(),
	Detail: z.string().optional(),
	EventBusName: z.string().optional(),
	Resources: z.array(z.string()).optional(),
	/** Seconds since 1970. */
	Time: z.number().optional(),
});

function parseDetail(text: string): unknown {
	let detail: unknown;
	try {
		detail = JSON.parse(text);
	} catch {
		// Told below.
	}
	if (typeof detail !== "object" || detail === null || Array.isArray(detail)) {
		throw new AwsError("MalformedDetail", "Detail is malformed.");
	}
	return detail;
}
