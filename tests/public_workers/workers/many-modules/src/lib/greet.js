import text from "./name.txt";
export const greet = (name) => `__RELEASE__ ${name} ${text.trim()}`;
