/** Where things stand in the table. `#` parts the parts of a key, so it and `%` are escaped inside them. */
const escapePart = (text: string) =>
	text.replace(/[%#]/g, (mark) => (mark === "%" ? "%25" : "%23"));

const joinParts = (...parts: string[]) => parts.map(escapePart).join("#");

/** A place in the table. */
export interface Key {
	pk: string;
	sk: string;
}

/** All of a thread: `{owner}#{thread}`. */
export const threadPartition = joinParts;
/** The partition of an owner's sessions in the index. */
export const ownerPartition = (owner: string) => escapePart(owner);

/** The one item of a thread that says whether the thread is there. */
export const sessionSortKey = "session";

// What a thread holds begins with its generation, so that a thread begun again under an old name sees nothing of before.

/** Items of one generation, of one kind, of a namespace ...: a prefix that ends where a part ends. */
export const keyPrefix = (...parts: string[]) => `${joinParts(...parts)}#`;

export const checkpointSortKey = (generation: string, ns: string, id: string) =>
	joinParts(generation, "checkpoint", ns, id);

/** The checkpoint that wrote a value is part of its key: two that branch off one another share version numbers. */
export const channelValueSortKey = (
	generation: string,
	ns: string,
	channel: string,
	version: string | number,
	writer: string,
) => joinParts(generation, "value", ns, channel, `${version}`, writer);

export const pendingWritesSortKey = (
	generation: string,
	ns: string,
	checkpointId: string,
	taskId: string,
	group: string,
) => joinParts(generation, "write", ns, checkpointId, taskId, group);

/** The object of an item's payload; from its key the item is found again. */
export function objectKey({ pk, sk }: Key, digest: string): string {
	return [...pk.split("#"), sk, digest].map(encodeURIComponent).join("/");
}

/** The item that an object was stored for. */
export function itemKeyOfObject(key: string): Key | undefined {
	const [owner, thread, sk, ...rest] = key.split("/").map(decodeURIComponent);
	return owner && thread && sk && rest.length === 1
		? { pk: `${owner}#${thread}`, sk }
		: undefined;
}

/** The objects of one thread begin so. */
export const objectPrefix = (pk: string) =>
	`${pk.split("#").map(encodeURIComponent).join("/")}/`;
