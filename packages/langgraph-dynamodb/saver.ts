// The saver. It loads LangChain's core, which takes longer than a request to DynamoDB.
export {
	DynamoDbSaver,
	type DynamoDbSaverOptions,
} from "./src/dynamodb-saver.ts";
