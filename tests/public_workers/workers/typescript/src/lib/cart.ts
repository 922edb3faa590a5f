export type Line = { price: number; count: number };
export const total = (lines: Line[]) => lines.reduce((sum, line) => sum + line.price * line.count, 0);
