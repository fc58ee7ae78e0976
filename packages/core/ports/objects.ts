/** The bucket. `items/item.ts` builds its keys, which begin with the kind and the user. */
export interface Objects {
	readonly bucket: string;
	put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
	/** Reads the newest version, or the given one; null where it does not exist. */
	get(key: string, version?: string): Promise<Uint8Array | null>;
	exists(key: string): Promise<boolean>;
	/** Tells whether an older version of the key has the same bytes as this one, whose ETag storage announced. */
	isRepeated(key: string, version: string, etag: string): Promise<boolean>;
	/** Removes one version; the one before it becomes the newest. */
	deleteVersion(key: string, version: string): Promise<void>;
	/** Removes every object and every version under the prefix. */
	deleteAll(prefix: string): Promise<void>;
	/** Removes some of them, as many as take a moment. @returns whether there were any */
	deletePage(prefix: string): Promise<boolean>;
	/** Returns a URL that reads the object for `seconds`; with a file name a browser saves it under that. */
	presignGet(key: string, seconds: number, options?: { filename?: string }): Promise<string>;
	/**
	 * Returns a URL that reads the object for at least `seconds`, unless the credentials end before. It is the same for
	 * half an hour, so that who has read the object need not read it again.
	 */
	presignCacheable(key: string, seconds: number): Promise<{ url: string; expiresAt: Date }>;
	/** Returns a form that stores a file of exactly this type and size under the key, for `seconds`. */
	presignPost(key: string, file: { contentType: string; size: number }, seconds: number): Promise<UploadForm>;
}

/** A form to post as multipart/form-data: every field first, then the file as `file`. */
export interface UploadForm {
	url: string;
	fields: Record<string, string>;
	expiresAt: Date;
}
