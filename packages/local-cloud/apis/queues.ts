import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";
export interface QueueOptions {
	visibilitySeconds: number;
	retentionSeconds: number;
	delaySeconds?: number;
	redrive?: { deadLetterArn: string; maxReceives: number };
}
export interface Message {
	messageId: string;
	receiptHandle: string;
	body: string;
	md5: string;
	receiveCount: number;
	/** Milliseconds since 1970. */
	sentAt: number;
	firstReceivedAt: number;
	attributes: Record<string, MessageAttribute>;
}
export interface MessageAttribute {
	DataType: string;
	StringValue?: string;
}
export class Queues {
	readonly api!: AwsApi;
	constructor(_state: State) {}
	ensure(_name: string, _options: QueueOptions): { arn: string; url: string } { return { arn: "", url: "" }; }
	send(_arn: string, _body: string, _options?: { delaySeconds?: number; attributes?: Record<string, MessageAttribute> }): { messageId: string; md5: string } { throw new Error(); }
	receive(_arn: string, _max: number, _visibilitySeconds?: number): Message[] { return []; }
	delete(_arn: string, _receiptHandle: string): void {}
	changeVisibility(_arn: string, _receiptHandle: string, _seconds: number): void {}
	depth(_arn: string): { visible: number; inFlight: number; delayed: number } { throw new Error(); }
	purge(_arn: string): void {}
	/** Resolves as soon as something may be receivable, at the latest after `milliseconds`: pollers need no interval. */
	async wait(_arn: string, _milliseconds: number, _signal?: AbortSignal): Promise<void> {}
}
