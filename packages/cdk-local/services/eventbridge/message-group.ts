/** A path to one field: EventBridge takes dots and array indexes, and evaluates neither filters nor wildcards. */
const fieldPath = /^\$(\.[A-Za-z0-9_-]+)+$/;

/** Throws where a target's message group is a path that is not understood here. */
export function requireMessageGroup(messageGroup: string): void {
	if (messageGroup.startsWith("$") && !fieldPath.test(messageGroup)) {
		throw new Error(`cdk-local reads a MessageGroupId such as $.detail.user_id, not ${messageGroup}.`);
	}
}

/** Returns a target's message group: constant, or read from the event. None where the event lacks the field. */
export function messageGroupOf(messageGroup: string | undefined, event: object): string | undefined {
	if (!messageGroup?.startsWith("$")) return messageGroup;
	const names = messageGroup.split(".").slice(1);
	const value = names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], event);
	return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
