/* upscale_c MODEL HEIGHT WIDTH CHANNELS: enlarges samples from standard input to standard output, in plain C. */
#include <srfast/srfast.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(srfast_status status, srfast_error* error) {
  fprintf(stderr, "%d %s\n", (int)status, srfast_error_message(error));
  srfast_error_free(error);
  return (int)status;
}

static int32_t count(int64_t done, int64_t total, void* context) {
  *(int64_t*)context = done * 1000 + total;
  return 0;
}

static int32_t stop(int64_t done, int64_t total, void* context) {
  (void)done, (void)total, (void)context;
  return 1;
}

int main(int argc, char** argv) {
  srfast_error* error = NULL;
  srfast_upscaler* upscaler = NULL;
  srfast_options options = SRFAST_OPTIONS_INIT;
  srfast_model_info info = SRFAST_MODEL_INFO_INIT;
  srfast_image image = SRFAST_IMAGE_INIT;
  srfast_image result = SRFAST_IMAGE_INIT;
  int64_t seen = 0;
  srfast_status status;
  size_t bytes;

  if (argc != 5) return 64;
  options.threads = 1;
  status = srfast_open(argv[1], &options, &upscaler, &error);
  if (status != SRFAST_OK) return failed(status, error);
  status = srfast_get_model_info(upscaler, &info, &error);
  if (status != SRFAST_OK) return failed(status, error);

  image.height = atoi(argv[2]);
  image.width = atoi(argv[3]);
  image.channels = atoi(argv[4]);
  result = image;
  result.height *= info.scale;
  result.width *= info.scale;
  bytes = (size_t)(image.height * image.width * image.channels);
  image.data = malloc(bytes);
  result.data = malloc(bytes * (size_t)(info.scale * info.scale));
  if (fread(image.data, 1, bytes, stdin) != bytes) return 65;

  status = srfast_run(upscaler, &image, &result, stop, NULL, NULL);
  if (status != SRFAST_CANCELLED) return 66;
  status = srfast_run(upscaler, &image, NULL, NULL, NULL, &error);
  if (status != SRFAST_ERROR_ARGUMENT || srfast_error_status(error) != status) return 67;
  srfast_error_free(error);

  status = srfast_run(upscaler, &image, &result, count, &seen, &error);
  if (status != SRFAST_OK) return failed(status, error);
  if (seen != 1001) return 68; /* one tile of one */
  fwrite(result.data, 1, bytes * (size_t)(info.scale * info.scale), stdout);
  free(image.data);
  free(result.data);
  srfast_close(upscaler);
  return 0;
}
