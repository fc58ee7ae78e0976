/** The empty field below the messages of a chat: all of its line, as plain text. */
export const inputField =
	/^(?:(?:type|write|send) a message|imessage|message(?: #.*)?|text message|nachricht(?: schreiben)?|escribe un mensaje|ecrire un message|aa|メッセージを入力|发送消息)$/;

/** Words that say when somebody was there, in the head of a chat. */
export const presence = /online|last seen|en linea|en ligne|^vu a|active|在线|既読/;
