"""Input pipelines of queues: producers put what is read into a queue, `batch` takes batches out."""
