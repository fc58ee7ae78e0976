import { createHash } from "node:crypto";

export interface MessageAttribute {
	DataType: string;
	StringValue?: string | undefined;
	/** In base64. */
	BinaryValue?: string | undefined;
}

/** Computes the digest by which a client verifies attributes: name, type and value of each, length-prefixed, sorted by name. */
export function attributesMd5(attributes: Record<string, MessageAttribute>): string {
	const hash = createHash("md5");
	const add = (bytes: Buffer) => {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(bytes.length);
		hash.update(length).update(bytes);
	};
	for (const name of Object.keys(attributes).sort()) {
		const { DataType, StringValue, BinaryValue } = attributes[name] as MessageAttribute;
		add(Buffer.from(name));
		add(Buffer.from(DataType));
		hash.update(Buffer.from([StringValue === undefined ? 2 : 1]));
		add(StringValue === undefined ? Buffer.from(BinaryValue ?? "", "base64") : Buffer.from(StringValue));
	}
	return hash.digest("hex");
}
