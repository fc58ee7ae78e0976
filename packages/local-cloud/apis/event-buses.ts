import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";
export interface NewEvent {
	source: string;
	detailType: string;
	detail: unknown;
	resources?: string[];
	/** @default now */
	time?: Date;
}
export interface RuleTarget { id: string; arn: string; deadLetterArn?: string; input?: string }
export interface Rule { name: string; bus: string; pattern: unknown; targets: RuleTarget[] }
export class EventBuses {
	readonly api!: AwsApi;
	constructor(_state: State, _hooks: { deliver(targetArn: string, body: string, rule: Rule): void | Promise<void> }) {}
	ensureBus(_name: string): { arn: string } { throw new Error(); }
	putRule(_rule: Rule): { arn: string } { throw new Error(); }
	publish(_bus: string, _event: NewEvent): { id: string; matched: number } { throw new Error(); }
}
