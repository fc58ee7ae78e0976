import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Makes the client that everything in the table shares, so that a sandbox opens one connection. */
export const documentClient = () => DynamoDBDocumentClient.from(new DynamoDBClient());
