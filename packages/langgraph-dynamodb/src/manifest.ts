import type { CheckpointItem } from "./items.ts";

/** The stored value that a checkpoint has for a channel. */
export interface ChannelReference {
	version: string | number;
	/** Id of the checkpoint that wrote the value. */
	writer: string;
	/** The second after which DynamoDB may remove the value, as far as the writer of this reference knew. */
	expiresAt: number;
}

/** The values of a checkpoint by channel. */
export type Manifest = ReadonlyMap<string, ChannelReference>;

export const manifestAttribute = (manifest: Manifest): CheckpointItem["values"] =>
	Object.fromEntries(
		[...manifest].map(([channel, { version, writer, expiresAt }]) => [
			channel,
			{ version, writer, expires_at: expiresAt },
		]),
	);

export const readManifest = ({ values }: CheckpointItem): Manifest =>
	new Map(
		Object.entries(values).map(([channel, { version, writer, expires_at }]) => [
			channel,
			{ version, writer, expiresAt: expires_at },
		]),
	);

/** References to values that were just read, with the expiry that their items really have. */
export const manifestFromValues = (
	values: {
		channel: string;
		reference: ChannelReference;
		item: { expires_at: number };
	}[],
): Manifest =>
	new Map(values.map(({ channel, reference, item }) => [channel, { ...reference, expiresAt: item.expires_at }]));
