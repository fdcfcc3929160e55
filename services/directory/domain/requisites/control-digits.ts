/** The digits' sum, each weighed; weights are used again from the first when there are fewer of them. */
export function weigh(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) sum += Number(digits[place]) * (weights[place % weights.length] ?? 0);
  return sum;
}
