/** The primary key of an item. */
export interface Key {
	pk: string;
	sk: string;
}

/** `#` separates the parts of a key, so it and its escape character `%` are escaped inside a part. */
const escapePart = (text: string) => text.replace(/[%#]/g, (character) => (character === "%" ? "%25" : "%23"));

const joinParts = (...parts: string[]) => parts.map(escapePart).join("#");

/** The partition of a thread: `{owner}#{thread}`. */
export const threadPartition = joinParts;
/** The partition of an owner's sessions in the index. */
export const ownerPartition = (owner: string) => escapePart(owner);

/** The sort key of the item whose presence means that the thread exists. */
export const sessionSortKey = "session";

// Every other sort key begins with the thread's generation: a thread that is created again under a former id sees
// nothing of the former one.

/** The prefix of all sort keys that begin with these parts: a generation, a kind, a namespace ... */
export const keyPrefix = (...parts: string[]) => `${joinParts(...parts)}#`;

/** The kinds of items that hold a thread's states. */
export const checkpointKinds = ["checkpoint", "value", "write"] as const;

export const checkpointSortKey = (generation: string, ns: string, id: string) =>
	joinParts(generation, "checkpoint", ns, id);

/** @param writer the checkpoint that wrote the value: two branches of a thread use the same version numbers */
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

/** The key of the object that holds an item's payload; `itemKeyOfObject` is its inverse. */
export function objectKey({ pk, sk }: Key, digest: string): string {
	return [...pk.split("#"), sk, digest].map(encodeURIComponent).join("/");
}

/** @returns undefined for an object whose key `objectKey` did not make */
export function itemKeyOfObject(key: string): Key | undefined {
	const [owner, thread, sk, ...rest] = key.split("/").map(decodeURIComponent);
	return owner && thread && sk && rest.length === 1 ? { pk: `${owner}#${thread}`, sk } : undefined;
}

/** The prefix of the keys of a thread's objects. */
export const objectPrefix = (pk: string) => `${pk.split("#").map(encodeURIComponent).join("/")}/`;
