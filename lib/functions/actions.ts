import { archivePrefix } from "#core/archive/archive.ts";

/** Deletes objects version by version; deleting without a version only hides them. */
export const s3DeleteActions = ["s3:DeleteObjectVersion"];

export const s3ListActions = ["s3:ListBucket", "s3:ListBucketVersions"];

export const dynamoDbActions = [
	"dynamodb:GetItem",
	"dynamodb:PutItem",
	"dynamodb:UpdateItem",
	"dynamodb:DeleteItem",
	"dynamodb:Query",
	"dynamodb:BatchGetItem",
	"dynamodb:BatchWriteItem",
];

/** Prefixes of the bucket's keys. */
export const originals = "originals/";
export const derived = "derived/";
export const checkpoints = "checkpoints/";
export const exported = archivePrefix;
