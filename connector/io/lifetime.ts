/** How a connector is told to end by its environment: SIGTERM and SIGINT mean stop in order; a second one is not waited for. */
export function onStopSignal(stop: (signal: string) => void): () => void {
  const onTerm = (): void => stop('SIGTERM');
  const onInt = (): void => stop('SIGINT');
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onInt);
  return () => {
    process.off('SIGTERM', onTerm);
    process.off('SIGINT', onInt);
  };
}
