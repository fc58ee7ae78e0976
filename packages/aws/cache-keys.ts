/** Returns the partition of everything that is cached for a person. */
export const cachePartition = (userId: string) => `cache#${userId}`;

/** Returns the key of one cached item, by its kind. */
export const cacheKey = (userId: string, kind: "verification" | "query", key: string) => ({
	pk: cachePartition(userId),
	sk: `${kind}#${key}`,
});
