import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { paginateQuery } from "@aws-sdk/lib-dynamodb";
import type { Backend } from "./backends.ts";

/** The attributes that the tests look at. */
interface Item {
	pk: string;
	sk: string;
	expires_at: number;
	gsi1pk?: string;
}

/** Lists the items of the owner's threads, expired or not. */
export async function listItems({ dynamodb, table }: Backend, owner: string, threads = ["thread"]): Promise<Item[]> {
	const items: Item[] = [];
	for (const name of threads) {
		const pages = paginateQuery(
			{ client: dynamodb },
			{
				TableName: table,
				KeyConditionExpression: "pk = :pk",
				ExpressionAttributeValues: { ":pk": `${owner}#${name}` },
			},
		);
		for await (const { Items = [] } of pages) items.push(...(Items as Item[]));
	}
	return items;
}

/** Lists every version of the owner's objects. */
export async function listObjects({ s3, bucket }: Backend, owner: string): Promise<string[]> {
	const { Versions = [], DeleteMarkers = [] } = await s3.send(
		new ListObjectVersionsCommand({
			Bucket: bucket,
			Prefix: `checkpoints/${owner}/`,
		}),
	);
	return [...Versions, ...DeleteMarkers].map(({ Key = "" }) => Key);
}
