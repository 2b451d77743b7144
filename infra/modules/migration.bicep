metadata description = 'The migration job: makes database and logins, then brings the schema up to the release. Safe to run twice.'

@minLength(1)
@description('Where the job is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the job.')
param jobName string

@minLength(1)
@description('Id of the environment.')
param environmentId string

@description('Identity of the job: id.')
param identity object

@minLength(1)
@description('Host name of the registry.')
param registryHost string

@maxLength(1000)
@description('Image of the worker; empty before the first deployment.')
param image string

@description('Settings of the product.')
param settings object

@description('Identity of the front: name, object id.')
param front object

@description('Identity of the workers: name, object id.')
param worker object

var variables = [
  for setting in items(settings): {
    name: setting.key
    value: setting.value
  }
]
// Until the first image is deployed; it does nothing.
var placeholder = 'mcr.microsoft.com/k8se/quickstart:latest'

resource job 'Microsoft.App/jobs@2026-01-01' = {
  name: jobName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      replicaTimeout: 1800
      replicaRetryLimit: 1
      manualTriggerConfig: {
        parallelism: 1
        replicaCompletionCount: 1
      }
      registries: [
        {
          server: registryHost
          identity: identity.id
        }
      ]
      identitySettings: [
        {
          identity: identity.id
          lifecycle: 'All'
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'migration'
          image: empty(image) ? placeholder : image
          args: [
            'prepare-database'
            '--identity'
            '${front.name}=${front.principalId}'
            '--identity'
            '${worker.name}=${worker.principalId}'
          ]
          env: variables
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          volumeMounts: [
            {
              volumeName: 'scratch'
              mountPath: '/tmp'
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'scratch'
          storageType: 'EmptyDir'
        }
      ]
    }
  }
}

@description('Name of the job.')
output jobName string = job.name
