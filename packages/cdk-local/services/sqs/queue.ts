import type { MessageAttribute } from "./message-attributes.ts";

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
	/** Digest of the body, in hex. */
	md5: string;
	/** 1 at the first receive. */
	receiveCount: number;
	/** Milliseconds since 1970. */
	sentAt: number;
	/** Milliseconds since 1970. */
	firstReceivedAt: number;
	attributes: Record<string, MessageAttribute>;
	/** Names the tenant to whom the message belongs; null where none was given. */
	messageGroup: string | null;
}

export interface SendOptions {
	delaySeconds?: number | undefined;
	attributes?: Record<string, MessageAttribute> | undefined;
	messageGroup?: string | undefined;
}

export interface Queue {
	name: string;
	arn: string;
	visibilitySeconds: number;
	retentionSeconds: number;
	delaySeconds: number;
	deadLetterArn: string | null;
	maxReceives: number | null;
	createdAt: number;
}
