import { type Attributes, numberOf } from "./table.ts";

/** Which stored value a checkpoint has for a channel. */
export interface ChannelReference {
	version: string | number;
	/** Id of the checkpoint that wrote the value. */
	writer: string;
	/** The second after which DynamoDB may remove it, as far as the writer of this reference knew. */
	expiresAt: number;
}

/** The values of a checkpoint by channel. */
export type Manifest = ReadonlyMap<string, ChannelReference>;

export const manifestAttribute = (manifest: Manifest): Attributes => ({
	values: {
		M: Object.fromEntries(
			[...manifest].map(([channel, { version, writer, expiresAt }]) => [
				channel,
				{
					M: {
						version:
							typeof version === "number"
								? { N: `${version}` }
								: { S: version },
						writer: { S: writer },
						expires_at: { N: `${expiresAt}` },
					},
				},
			]),
		),
	},
});

export function readManifest(item: Attributes): Manifest {
	return new Map(
		Object.entries(item.values?.M ?? {}).map(([channel, { M = {} }]) => [
			channel,
			{
				version: M.version?.S ?? numberOf(M.version),
				writer: M.writer?.S ?? "",
				expiresAt: numberOf(M.expires_at),
			},
		]),
	);
}

/** References to values that have just been read, with the time that their items really have. */
export const manifestFromValues = (
	values: { channel: string; reference: ChannelReference; item: Attributes }[],
): Manifest =>
	new Map(
		values.map(({ channel, reference, item }) => [
			channel,
			{ ...reference, expiresAt: numberOf(item.expires_at) },
		]),
	);
