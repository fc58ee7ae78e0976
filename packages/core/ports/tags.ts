/** A tag of a person's items. */
export interface Tag {
	name: string;
	/** How many items have it. */
	items: number;
}

/** Tags over all items of a person. A name means the same in any case. */
export interface Tags {
	/** The most used first; `ownFirst` puts those that the person gave before those that models alone suggested. */
	list(
		userId: string,
		page: { limit: number; offset?: number; ownFirst?: boolean },
	): Promise<{ tags: Tag[]; total: number }>;
	/**
	 * Gives the items of a tag another one instead. Their documents are outdated until `SearchIndex.rewriteOutdated`.
	 * @returns the tag under its new name, which other items may have had before; null where there is no such tag
	 */
	rename(userId: string, name: string, newName: string): Promise<Tag | null>;
	/** Takes a tag off all items, likewise. @returns false where there is no such tag */
	delete(userId: string, name: string): Promise<boolean>;
}
