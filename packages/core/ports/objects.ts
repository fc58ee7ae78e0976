/** The bucket. Keys are built in `item.ts` and begin with the user. */
export interface Objects {
	readonly bucket: string;
	put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
	/** Null where there is no such object, or no such version of it. @default the newest version */
	get(key: string, version?: string): Promise<Uint8Array | null>;
	exists(key: string): Promise<boolean>;
	/** Removes one version, so that the one before it is the newest. */
	deleteVersion(key: string, version: string): Promise<void>;
	/** Removes every object and every version under the prefix. */
	deleteAll(prefix: string): Promise<void>;
	/** A URL that reads the object for `seconds`. */
	presignGet(key: string, seconds: number): Promise<string>;
	/** A form that stores under the key a file of exactly this type and size, for `seconds`. */
	presignPost(
		key: string,
		file: { contentType: string; size: number },
		seconds: number,
	): Promise<UploadForm>;
}

/** Where to post a file, as multipart/form-data: every field first, then the file as `file`. */
export interface UploadForm {
	url: string;
	fields: Record<string, string>;
	expiresAt: Date;
}
